/** One change of a source: what `npm run mutants` applies, one at a time. */
export interface Mutant {
  /** "contracts/base/RouteRunner.sol _swap: left < restIn -> left <= restIn": stays the same while the line does. */
  readonly name: string;
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly operator: Operator;
  /** What is replaced, as an offset and a length in bytes. */
  readonly at: number;
  readonly length: number;
  readonly replacement: string;
}

/**
 * How a source is changed:
 * - `delete`: a statement that is a call, an assignment, an event or a revert is left out
 * - `condition`: the condition of an `if` is always met, or never
 * - `compare`, `arithmetic`, `logic`: another operator of the same kind
 * - `negate`: a `!` or `-` is left out
 * - `literal`: a number is one more, a boolean is the other
 * - `branch`: the other branch of a conditional expression
 * - `modifier`: a function loses a modifier
 */
export type Operator =
  | "delete"
  | "condition"
  | "compare"
  | "arithmetic"
  | "logic"
  | "negate"
  | "literal"
  | "branch"
  | "modifier";

/** A node of the compiler's syntax tree: `src` is "offset:length:file", in bytes. */
export interface Node {
  readonly nodeType: string;
  readonly src: string;
  readonly [property: string]: unknown;
}

const operators: Readonly<Record<string, readonly [Operator, readonly string[]]>> = {
  "<": ["compare", ["<=", ">="]],
  "<=": ["compare", ["<", ">"]],
  ">": ["compare", [">=", "<="]],
  ">=": ["compare", [">", "<"]],
  "==": ["compare", ["!="]],
  "!=": ["compare", ["=="]],
  "+": ["arithmetic", ["-"]],
  "-": ["arithmetic", ["+"]],
  "*": ["arithmetic", ["/"]],
  "/": ["arithmetic", ["*"]],
  "%": ["arithmetic", ["*"]],
  "<<": ["arithmetic", [">>"]],
  ">>": ["arithmetic", ["<<"]],
  "&": ["arithmetic", ["|"]],
  "|": ["arithmetic", ["&"]],
  "&&": ["logic", ["||"]],
  "||": ["logic", ["&&"]],
  "+=": ["arithmetic", ["-="]],
  "-=": ["arithmetic", ["+="]],
};

/** Lists every mutant of a source, in the order of the source. */
export function mutantsOf(file: string, source: string, tree: Node): readonly Mutant[] {
  const bytes = Buffer.from(source);
  const textOf = (at: number, length: number) => bytes.subarray(at, at + length).toString();
  const mutants: Mutant[] = [];
  const counts = new Map<string, number>();

  const add = (operator: Operator, where: string, at: number, length: number, replacement: string, shown?: string) => {
    const before = shown ?? textOf(at, length);
    const name = `${file} ${where}: ${oneLine(before)} -> ${oneLine(replacement) || "nothing"}`;
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    const line = textOf(0, at).split("\n").length;
    mutants.push({ name: count === 1 ? name : `${name} (${count})`, file, line, operator, at, length, replacement });
  };

  /** Replaces the operator between two operands, which is all that stands between them but spaces and parentheses. */
  const swapOperator = (where: string, node: Node, left: Node, right: Node, symbol: string) => {
    const [at, length] = spanOf(node);
    const start = spanOf(left)[0] + spanOf(left)[1];
    const between = textOf(start, spanOf(right)[0] - start);
    const [operator, others] = operators[symbol] ?? ["compare", []];
    const offset = Buffer.byteLength(between.slice(0, between.indexOf(symbol)));
    for (const other of others) {
      const whole = textOf(at, length);
      const cut = start - at + offset;
      const head = bytes.subarray(at, at + cut).toString();
      const replacement = head + other + whole.slice(head.length + symbol.length);
      add(operator, where, at, length, replacement);
    }
  };

  const visit = (node: Node, where: string): void => {
    const [at, length] = spanOf(node);
    switch (node.nodeType) {
      case "ContractDefinition":
        if (node.contractKind === "interface") return;
        break;
      case "FunctionDefinition":
        where = String(node.name) || String(node.kind);
        break;
      case "ModifierInvocation":
        // The constructors of base contracts look the same, and cannot be left out.
        if (node.kind === "modifierInvocation") add("modifier", where, at, length, "");
        return;
      case "ExpressionStatement":
      case "EmitStatement":
      case "RevertStatement":
        // The part of a `for` that has no semicolon only makes it endless.
        if (textOf(at + length, 1) === ";") add("delete", where, at, length + 1, "{ }");
        break;
      case "IfStatement": {
        const [conditionAt, conditionLength] = spanOf(node.condition as Node);
        const shown = `if (${textOf(conditionAt, conditionLength)})`;
        for (const value of ["true", "false"]) add("condition", where, conditionAt, conditionLength, value, shown);
        break;
      }
      case "BinaryOperation":
        swapOperator(where, node, node.leftExpression as Node, node.rightExpression as Node, String(node.operator));
        break;
      case "Assignment":
        if (node.operator !== "=") {
          swapOperator(where, node, node.leftHandSide as Node, node.rightHandSide as Node, String(node.operator));
        }
        break;
      case "UnaryOperation": {
        const inner = spanOf(node.subExpression as Node);
        if (node.operator === "!" || node.operator === "-") add("negate", where, at, length, textOf(...inner));
        break;
      }
      case "Conditional": {
        const [yes, no] = [node.trueExpression, node.falseExpression] as [Node, Node];
        add("branch", where, at, length, textOf(...spanOf(yes)));
        add("branch", where, at, length, textOf(...spanOf(no)));
        break;
      }
      case "Literal": {
        const text = textOf(at, length);
        if (node.kind === "bool") add("literal", where, at, length, text === "true" ? "false" : "true");
        else if (node.kind === "number" && /^\d+$/.test(text))
          add("literal", where, at, length, `${BigInt(text) + 1n}`);
        break;
      }
    }
    for (const value of Object.values(node)) {
      for (const child of [value].flat()) if (isNode(child)) visit(child, where);
    }
  };
  visit(tree, "");
  return mutants.sort((a, b) => a.at - b.at || a.name.localeCompare(b.name));
}

/** Returns the source with the mutant's change. */
export function applyMutant(source: string, { at, length, replacement }: Mutant): string {
  const bytes = Buffer.from(source);
  return bytes.subarray(0, at).toString() + replacement + bytes.subarray(at + length).toString();
}

function spanOf(node: Node): readonly [number, number] {
  const [at = 0, length = 0] = node.src.split(":").map(Number);
  return [at, length];
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "nodeType" in value && "src" in value;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
