import type { Cluster } from './cluster.ts';
import { codes, decodeUnchecked } from './responses.ts';

const topicResource = 2;
const setting = 'max.message.bytes';

/** The largest record batch that each topic takes, in bytes; without those whose settings this user may not see. */
export async function largestBatches(
  cluster: Cluster,
  topics: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (topics.length === 0) return new Map();
  const resources = topics.map((name) => ({ type: topicResource, name, configNames: [setting] }));
  const answer = await cluster.onAnyBroker(({ connectionPool }, { describeConfigs }) => {
    const { request, response } = describeConfigs({ resources });
    return connectionPool.send({ request, response: decodeUnchecked(response) });
  });
  const told = answer.resources.filter(({ errorCode }) => errorCode === codes.none);
  return new Map(
    told.flatMap(({ resourceName, configEntries }) =>
      configEntries
        .filter(({ configName }) => configName === setting)
        .map(({ configValue }): [string, number] => [resourceName, Number(configValue)]),
    ),
  );
}
