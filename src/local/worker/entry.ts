import { isMainThread, type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { bug } from '../../base/errors.ts';
import type { SplitOutput } from '../../component/source.ts';
import { toWire } from '../wire/errors.ts';
import type {
  FromWorker,
  OpenMessage,
  PlanMessage,
  SaveMessage,
  TaskMessage,
  ToWorker,
  WorkerData,
} from '../wire/messages.ts';
import { SlabPool } from '../wire/slabs.ts';
import { limitHeap } from './heap.ts';
import { ReceiverHost } from './receiverHost.ts';
import { Strays } from './strays.ts';
import { type Surroundings, TaskRunner } from './task.ts';

if (isMainThread || parentPort === null) throw bug('a worker entry was loaded outside a worker');
listen(parentPort, workerData as WorkerData);

/** The life of a thread: opened for a job, it does what it is told until it is opened for another, or terminated. */
function listen(port: MessagePort, { role, owner, pool, progress, workerHeap }: WorkerData): void {
  const say = (message: FromWorker): void => port.postMessage(message);
  const memory = { pool: new SlabPool(pool), owner };
  const log: SplitOutput['log'] = (level, message) => say({ type: 'log', level, message });
  const sinkWaits: Surroundings['sinkWaits'] = (waits) => say({ type: 'sinkWaits', ...waits });
  const surroundings = { ...memory, progress: new Int32Array(progress), strays: new Strays(), log, sinkWaits };
  limitHeap(workerHeap);
  let tasks: Promise<TaskRunner> | undefined;
  /** Of the plans that stand for the job's own. */
  const variants = new Map<number, Promise<TaskRunner>>();
  let receivers: ReceiverHost | undefined;
  port.on('message', (message: ToWorker) => {
    switch (message.type) {
      case 'open':
        return void open(message);
      case 'plan':
        return prepare(message);
      case 'forgetPlan':
        return void variants.delete(message.id);
      case 'task':
        return void run(message);
      case 'save':
        return void save(message);
      case 'receive':
        return receivers?.start();
      case 'stopReceiving':
        return void receivers?.stop().then(() => say({ type: 'stoppedReceiving' }));
      case 'limit':
        return receivers?.limit(message.source, message.bytesPerSecond);
      case 'freed':
        return receivers?.freed();
    }
  });

  async function open(job: OpenMessage): Promise<void> {
    try {
      if (role === 'tasks') {
        if (!tasks) surroundings.strays.listen((message) => log('warn', message));
        variants.clear();
        tasks = TaskRunner.open(job, surroundings);
        await tasks;
      } else receivers = await ReceiverHost.open(job, memory, say);
      say({ type: 'ready' });
    } catch (thrown) {
      say({ type: 'failedToOpen', error: toWire(thrown) });
    }
  }

  /** What is wrong with the plan fails its tasks. */
  function prepare(message: PlanMessage): void {
    const variant = tasks!.then((runner) => runner.variant(message));
    variant.catch(() => undefined);
    variants.set(message.id, variant);
  }

  async function save({ time }: SaveMessage): Promise<void> {
    try {
      say(await (await tasks!).save(time));
    } catch (thrown) {
      say({ type: 'failedToSave', error: toWire(thrown) });
    }
  }

  async function run(task: TaskMessage): Promise<void> {
    try {
      const runner = await (task.variant ? variants.get(task.variant.id) : tasks);
      say(await runner!.run(task));
    } catch (thrown) {
      say({ type: 'taskFailed', id: task.id, error: toWire(thrown) });
    }
  }
}
