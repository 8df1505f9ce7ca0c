import type { AnyNode, Identifier, ParenthesizedExpression, Pattern } from 'acorn';
import { childrenOf } from './syntax.ts';

/** A name that a function uses and does not define. */
export interface FreeName {
  readonly name: string;
  readonly offset: number;
  /** The function assigns to it. */
  readonly written: boolean;
}

/** The free names of an expression, each once: at its first assignment, or else at its first use. */
export function freeNames(expression: AnyNode): FreeName[] {
  const finder = new NameFinder();
  finder.visit(expression, undefined);
  return [...finder.found.values()].sort((a, b) => a.offset - b.offset);
}

interface Scope {
  readonly names: ReadonlySet<string>;
  readonly parent: Scope | undefined;
}

type FunctionNode = Extract<
  AnyNode,
  { type: 'ArrowFunctionExpression' | 'FunctionExpression' | 'FunctionDeclaration' }
>;

class NameFinder {
  readonly found = new Map<string, FreeName>();

  visit(node: AnyNode, scope: Scope | undefined): void {
    switch (node.type) {
      case 'Identifier':
        return this.#use(node, scope, false);
      case 'MemberExpression':
        this.visit(node.object, scope);
        if (node.computed) this.visit(node.property, scope);
        return;
      case 'Property':
      case 'MethodDefinition':
      case 'PropertyDefinition':
        if (node.computed) this.visit(node.key, scope);
        if (node.value) this.visit(node.value, scope);
        return;
      case 'LabeledStatement':
        return this.visit(node.body, scope);
      case 'BreakStatement':
      case 'ContinueStatement':
      case 'MetaProperty':
        return;
      case 'ArrowFunctionExpression':
      case 'FunctionExpression':
      case 'FunctionDeclaration':
        return this.#visitFunction(node, scope);
      default:
        for (const name of assignedBy(node)) this.#use(name, scope, true);
        return this.#visitAll(childrenOf(node), within(scope, declaredBy(node)));
    }
  }

  #visitFunction(node: FunctionNode, scope: Scope | undefined): void {
    const names = node.params.flatMap(boundNames);
    if (node.type === 'FunctionExpression' && node.id) names.push(node.id);
    const params = within(scope, names, node.type === 'ArrowFunctionExpression' ? [] : ['arguments']);
    this.#visitAll(node.params, params);
    if (node.body.type !== 'BlockStatement') return this.visit(node.body, params);
    this.#visitAll(node.body.body, within(params, [...lexicals(node.body.body), ...variables(node.body)]));
  }

  #visitAll(nodes: readonly AnyNode[], scope: Scope | undefined): void {
    for (const node of nodes) this.visit(node, scope);
  }

  #use({ name, start }: Identifier, scope: Scope | undefined, written: boolean): void {
    for (let inner = scope; inner; inner = inner.parent) if (inner.names.has(name)) return;
    const known = this.found.get(name);
    if (!known || (written && !known.written)) this.found.set(name, { name, offset: start, written });
  }
}

function within(
  parent: Scope | undefined,
  declared: readonly Identifier[],
  more: readonly string[] = [],
): Scope | undefined {
  if (declared.length + more.length === 0) return parent;
  return { names: new Set([...declared.map(({ name }) => name), ...more]), parent };
}

/** The names that a node assigns to, other than members. */
function assignedBy(node: AnyNode): Identifier[] {
  switch (node.type) {
    case 'AssignmentExpression':
      return boundNames(node.left);
    case 'UpdateExpression':
      return boundNames(node.argument as Pattern);
    case 'ForInStatement':
    case 'ForOfStatement':
      return node.left.type === 'VariableDeclaration' ? [] : boundNames(node.left);
    default:
      return [];
  }
}

/** The names that hold inside a node that is not a function. */
function declaredBy(node: AnyNode): Identifier[] {
  switch (node.type) {
    case 'BlockStatement':
      return lexicals(node.body);
    case 'StaticBlock':
      return [...lexicals(node.body), ...variables(node)];
    case 'SwitchStatement':
      return lexicals(node.cases.flatMap((branch) => branch.consequent));
    case 'ForStatement':
      return node.init ? lexicals([node.init]) : [];
    case 'ForInStatement':
    case 'ForOfStatement':
      return lexicals([node.left]);
    case 'CatchClause':
      return node.param ? boundNames(node.param) : [];
    case 'ClassExpression':
      return node.id ? [node.id] : [];
    default:
      return [];
  }
}

/** What a list of statements declares for itself: let, const, class, function. */
function lexicals(statements: readonly AnyNode[]): Identifier[] {
  return statements.flatMap((statement) => {
    if (statement.type === 'VariableDeclaration') return statement.declarations.flatMap(({ id }) => boundNames(id));
    const named = statement.type === 'FunctionDeclaration' || statement.type === 'ClassDeclaration';
    return named && statement.id ? [statement.id] : [];
  });
}

/** The `var`s anywhere in a function's body, which hold in all of it. */
function variables(node: AnyNode): Identifier[] {
  return childrenOf(node).flatMap((child) => {
    if (/Function|Class/.test(child.type)) return [];
    const own = child.type === 'VariableDeclaration' && child.kind === 'var' ? lexicals([child]) : [];
    return [...own, ...variables(child)];
  });
}

/** The identifiers that a pattern binds. */
export function boundNames(pattern: Pattern | ParenthesizedExpression): Identifier[] {
  switch (pattern.type) {
    case 'Identifier':
      return [pattern];
    case 'ObjectPattern':
      return pattern.properties.flatMap((item) => boundNames(item.type === 'Property' ? item.value : item.argument));
    case 'ArrayPattern':
      return pattern.elements.flatMap((item) => (item ? boundNames(item) : []));
    case 'AssignmentPattern':
      return boundNames(pattern.left);
    case 'RestElement':
      return boundNames(pattern.argument);
    case 'ParenthesizedExpression':
      return boundNames(pattern.expression as Pattern);
    default:
      return [];
  }
}
