import { functionText, movement, windowText } from './nodeText.ts';
import { type Plan, type PlanNode, stepName } from './plan.ts';
import { type Pipe, type Stage, stagesOf } from './stages.ts';

/**
 * How a plan will be run, as a Mermaid flowchart: a box per stage, thick arrows for shuffles. A step that several stages
 * go through, behind a union, stands in each.
 */
export function explainMermaid(plan: Plan): string {
  const stages = stagesOf(plan);
  const boxes = stages.flatMap((stage) => [
    `  subgraph stage${stage.id} [stage ${stage.id}]`,
    ...unique(nodesIn(stage.pipe).map((node) => `    ${shape(boxId(stage, node), node)}`)),
    '  end',
  ]);
  const sinks = plan.nodes.filter((node) => node.kind === 'sink').map((node) => `  ${shape(`n${node.id}`, node)}`);
  const arrows = stages.flatMap((stage) => arrowsFrom(stage.pipe, stage, stages));
  return `${['flowchart TD', ...boxes, ...sinks, ...unique(arrows)].join('\n')}\n`;
}

const boxId = (stage: Stage, node: PlanNode): string => `s${stage.id}n${node.id}`;

function nodesIn(pipe: Pipe): PlanNode[] {
  const below = [...pipe.out, ...pipe.error].flatMap(nodesIn);
  return pipe.leaf === undefined ? [pipe.node, ...below] : below;
}

function shape(id: string, node: PlanNode): string {
  const lines = [stepName(node.origin), windowText(node), functionText(node)].filter((line) => line !== undefined);
  const text = `"${lines.map(escaped).join('<br/>')}"`;
  if (node.kind === 'source') return `${id}([${text}])`;
  return node.kind === 'sink' ? `${id}[/${text}/]` : `${id}[${text}]`;
}

function arrowsFrom(pipe: Pipe, stage: Stage, stages: readonly Stage[]): string[] {
  const from = boxId(pipe.leaf === undefined ? stage : stageOf(pipe.node, stages), pipe.node);
  const follow = (failed: boolean) => (next: Pipe) => [
    `  ${from} ${arrowTo(next, failed, stage, stages)}`,
    ...(next.node.kind === 'sink' ? [] : arrowsFrom(next, stage, stages)),
  ];
  return [...pipe.out.flatMap(follow(false)), ...pipe.error.flatMap(follow(true))];
}

function arrowTo({ node, input, leaf }: Pipe, failed: boolean, stage: Stage, stages: readonly Stage[]): string {
  const label = failed ? 'what fails' : undefined;
  if (leaf === undefined) return `${arrow('-->', label)} ${boxId(stage, node)}`;
  if (node.kind === 'sink') return `${arrow('-->', label)} n${node.id}`;
  const moved = movement(node, input);
  return `${arrow('==>', failed ? `what fails, ${moved}` : moved)} ${boxId(stageOf(node, stages), node)}`;
}

const stageOf = (root: PlanNode, stages: readonly Stage[]): Stage => stages.find((stage) => stage.root === root)!;

const arrow = (line: string, label: string | undefined): string => (label === undefined ? line : `${line}|${label}|`);

/** Mermaid reads `#35;` as the character with that number, also inside quotes. */
const escaped = (text: string): string =>
  text.replace(/["#<>&`\\]|\p{Cc}|\u2028|\u2029/gu, (sign) => `#${sign.charCodeAt(0)};`);

const unique = (lines: readonly string[]): string[] => [...new Set(lines)];
