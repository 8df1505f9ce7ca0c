import type { ConfigProblem } from '../../component/checkContext.ts';
import { refusedBy } from '../../component/checkTogether.ts';
import { connectionOf } from '../../kafka/settings.ts';
import { isTopicName, nameRemedy } from './encoder.ts';
import type { KafkaSinkConfig } from './types.ts';

/** What is wrong with settings that their kinds do not say. Certificates are read when the job starts. */
export const configProblems = (config: KafkaSinkConfig): readonly ConfigProblem[] => [
  ...refusedBy('brokers', () => connectionOf({ ...config, ssl: false })),
  ...(typeof config.topic === 'string' && !isTopicName(config.topic) ? [wrongTopic(config.topic)] : []),
];

const wrongTopic = (topic: string): ConfigProblem => ({
  setting: 'topic',
  message: `${JSON.stringify(topic)} is no name of a Kafka topic.`,
  remedy: nameRemedy,
});
