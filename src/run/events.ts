export type { BatchInfo, JobListener } from '../observe/events.ts';
export { toAll } from '../observe/fanOut.ts';
