import type { ConfigProblem } from '../../component/checkContext.ts';
import { refusedBy } from '../../component/checkTogether.ts';
import { connectionOf } from '../../kafka/settings.ts';
import { beginning, type KafkaConfig, topicChoice } from './types.ts';

/** What is wrong with settings that their kinds do not say. Certificates are read when the job starts. */
export const configProblems = (config: KafkaConfig): readonly ConfigProblem[] => [
  ...refusedBy('brokers', () => connectionOf({ ...config, ssl: false })),
  ...refusedBy('topics', () => topicChoice(config.topics)),
  ...refusedBy('from', () => beginning(config.from)),
  ...(isHeadedCsv(config) ? [headedCsv] : []),
];

const isHeadedCsv = ({ format }: KafkaConfig): boolean => format.name === 'csv' && format.config.header !== false;

const headedCsv: ConfigProblem = {
  setting: 'format',
  message: 'A CSV message is one row, and has no header.',
  remedy: 'Write `format: { csv: { header: false, columns: [first, second] } }`.',
};
