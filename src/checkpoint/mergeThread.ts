import { parentPort, workerData } from 'node:worker_threads';
import { failpoint } from '../base/failpoint.ts';
import { type MergeWork, mergeFiles } from './mergeFiles.ts';

/** A thread that is given a MergeWork, answers with the pieces that it has made, and ends. */
if (!parentPort) throw new Error('This is a bug in streamjob: the merging thread was started as a program.');
failpoint('merge.begin');
const made = await mergeFiles(workerData as MergeWork);
failpoint('merge.written');
parentPort.postMessage(made);
