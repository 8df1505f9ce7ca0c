import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { failpoint } from '../base/failpoint.ts';
import { type MergeWork, mergeFiles } from './mergeFiles.ts';

/** Of -20 to 19: about a tenth of a processor that is busy otherwise, and all of one that is not. */
const lowPriority = 10;

/** A thread that is given a MergeWork, answers with the pieces that it has made, and ends. */
if (!parentPort) throw new Error('This is a bug in streamjob: the merging thread was started as a program.');
// Nobody waits for it: batches come first. Only Linux has priorities of threads; elsewhere this would be the whole process.
if (process.platform === 'linux') setPriority(lowPriority);
failpoint('merge.begin');
const made = await mergeFiles(workerData as MergeWork);
failpoint('merge.written');
parentPort.postMessage(made);
