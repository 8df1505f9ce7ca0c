import type { CommitMessage, SinkTask, SinkWriter } from '../../component/sink.ts';
import { connectionOf } from '../../kafka/settings.ts';
import { Backlog } from './backlog.ts';
import { openEncoder } from './encoder.ts';
import { send } from './sending.ts';
import { sendOnce } from './transaction.ts';
import type { KafkaSinkConfig } from './types.ts';

/** Collects the messages of a task, and sends them when the task has computed everything. */
export function openWriter(config: KafkaSinkConfig, task: SinkTask): SinkWriter {
  const backlog = new Backlog();
  const encode = openEncoder(config, task, backlog);
  let messages = 0;
  return {
    write(record) {
      encode(record);
      messages++;
    },
    async close(): Promise<CommitMessage> {
      const options = { config, task, connection: connectionOf(config) };
      try {
        if (messages > 0) await (config.exactlyOnce ? sendOnce : send)(backlog, options);
        return { messages };
      } finally {
        backlog.close();
      }
    },
    abort: () => backlog.close(),
  };
}
