import type { RddOptions, Rdds } from '../component/rdds.ts';

/**
 * Gets ready what the functions of transform and foreachRDD need; it is loaded only for a job that has them. Rejects with the
 * user's error.
 */
export async function openRdds(options: RddOptions): Promise<Rdds> {
  const { JobRdds } = await import('./rdds.ts');
  return JobRdds.open(options);
}
