import { counted } from '../base/counted.ts';
import { formatDuration } from '../base/duration.ts';
import { functionText, movement, windowText } from './nodeText.ts';
import { type Plan, type PlanNode, stepName } from './plan.ts';
import { type Pipe, type Stage, stagesOf } from './stages.ts';

export { explainMermaid } from './explainMermaid.ts';

/** How a plan will be run, for people: its stages with the fused steps of each, and the shuffles between them. */
export function explainText(plan: Plan): string {
  const stages = stagesOf(plan);
  const head = `${plan.name}: a batch every ${formatDuration(plan.batchInterval)}, ${counted(stages.length, 'stage')}`;
  const parts = [head, ...stages.map((stage) => stageText(stage, stages)), ...unusedText(plan, stages)];
  return `${parts.join('\n\n')}\n`;
}

function stageText(stage: Stage, stages: readonly Stage[]): string {
  return [`stage ${stage.id}: ${rootText(stage.root)}`, ...branchLines(stage.pipe, stages, '  ')].join('\n');
}

function rootText(root: PlanNode): string {
  const name = root.kind === 'source' ? `source ${stepName(root.origin)}` : stepName(root.origin);
  return [name, windowText(root), partitionsText(root)].filter((text) => text !== undefined).join(', ');
}

function partitionsText(node: PlanNode): string | undefined {
  if (node.kind === 'repartition') return counted(node.partitions, 'partition');
  if (node.kind === 'sort' || (node.kind === 'fold' && node.key === 'none')) return '1 partition';
  if (node.kind !== 'fold' && node.kind !== 'cogroup' && node.kind !== 'state') return undefined;
  return node.partitions === undefined ? 'default partitions' : counted(node.partitions, 'partition');
}

/** What follows a node: a single one stands below it, several each begin with a dash. */
function branchLines(pipe: Pipe, stages: readonly Stage[], indent: string): string[] {
  const branches = [
    ...pipe.out.map((next) => pipeLines(next, stages, indent)),
    ...pipe.error.map((next) => asErrors(pipeLines(next, stages, indent), indent)),
  ];
  const [only] = branches;
  if (branches.length === 1 && pipe.out.length === 1) return only!;
  return branches.flatMap((lines) =>
    lines.map((line, index) => `${indent}${index === 0 ? '- ' : '  '}${line.slice(indent.length)}`),
  );
}

function asErrors([first, ...rest]: string[], indent: string): string[] {
  return [`${indent}what fails: ${first!.slice(indent.length)}`, ...rest];
}

function pipeLines(pipe: Pipe, stages: readonly Stage[], indent: string): string[] {
  return [`${indent}${pipeText(pipe, stages)}`, ...branchLines(pipe, stages, indent)];
}

function pipeText({ node, input, leaf }: Pipe, stages: readonly Stage[]): string {
  if (leaf === undefined) return nodeText(node);
  if (node.kind === 'sink') return `=> sink ${stepName(node.origin)}`;
  const target = stages.find((stage) => stage.root === node);
  return `=> stage ${target?.id}: ${movement(node, input)}`;
}

function nodeText(node: PlanNode): string {
  const fn = functionText(node);
  return fn === undefined ? stepName(node.origin) : `${stepName(node.origin)}  ${fn}`;
}

function unusedText(plan: Plan, stages: readonly Stage[]): string[] {
  const used = new Set(stages.flatMap((stage) => nodesOf(stage.pipe)));
  const unused = plan.nodes.filter((node) => !used.has(node)).map((node) => `  ${stepName(node.origin)}`);
  return unused.length === 0 ? [] : [['left out, as no sink needs it:', ...unused].join('\n')];
}

const nodesOf = (pipe: Pipe): PlanNode[] => [pipe.node, ...[...pipe.out, ...pipe.error].flatMap(nodesOf)];
