import { StreamjobError } from '../base/errors.ts';
import { tellable } from '../base/logRecords.ts';
import { catalog } from '../catalog/index.ts';
import type { SettingProblem } from '../component/check.ts';
import { badList, isFile, readInitialFile, wrongPair } from '../component/initial.ts';
import { fromLiteral } from '../plan/literal.ts';
import type { StateNode } from '../plan/plan.ts';

/**
 * A state step with the hash of the file that its states begin with. Files are read to their end, so that what is wrong with one
 * is known before anything starts; that, or what is wrong with a list, is given to `refuse`.
 */
export async function withInitial(node: StateNode, refuse: (problem: SettingProblem) => void): Promise<StateNode> {
  const { initial } = node;
  if (initial === undefined) return node;
  if (!isFile(initial)) {
    const wrong = wrongPair((initial as readonly never[]).map(fromLiteral));
    if (wrong) refuse(problemOf(badList(wrong.what), [wrong.index]));
    return node;
  }
  try {
    const { sha256 } = await readInitialFile(initial, catalog.formats.load);
    return { ...node, initial: { ...initial, sha256 } };
  } catch (error) {
    if (!(error instanceof StreamjobError)) throw error;
    refuse(problemOf(error, ['file']));
    return node;
  }
}

const problemOf = (error: StreamjobError, path: SettingProblem['path']): SettingProblem => ({
  path: ['initial', ...path],
  on: 'value',
  code: error.code,
  message: tellable(error),
  ...(error.remedy !== undefined && { remedy: error.remedy }),
});
