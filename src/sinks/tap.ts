import { s } from '../component/settings.ts';
import { defineSink } from '../component/sink.ts';
import { jsonText, readableText } from '../component/text.ts';
import { excerptOf } from '../plan/excerpt.ts';

export default defineSink({
  summary:
    'Puts the last records of each partition aside for somebody who looks into a running job, cut to a size that can be shown.',
  config: s.object({ limit: s.integer({ minimum: 1, description: 'How many records of a partition.' }) }),
  examples: [{ title: 'Added to the plan of a batch while somebody looks', yaml: 'tap: { limit: 10 }' }],
  hidden: true,

  /** Holds on to records and looks at none of them before the task is over. */
  worker({ limit }) {
    const last: unknown[] = [];
    let records = 0;
    return {
      write(record) {
        last[records++ % limit] = record;
      },
      close() {
        const oldest = records % limit;
        const inOrder = records <= limit ? last : [...last.slice(oldest), ...last.slice(0, oldest)];
        return { records, shown: inOrder.map(shown) };
      },
    };
  },

  driver: () => ({ async commit() {} }),
});

/** Must not fail: a batch does not fail for who looks on. */
function shown(record: unknown): { text: string; json: string; cut: boolean } {
  try {
    const { value, cut } = excerptOf(record);
    return { text: readableText(value), json: jsonText(value), cut };
  } catch {
    return { text: 'a record that cannot be shown', json: 'null', cut: true };
  }
}
