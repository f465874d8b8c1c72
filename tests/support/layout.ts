/**
 * The rules that keep the house in order, as pure functions: sources in, findings out. Which room
 * may import which is a table, given by the test.
 *
 * @module
 */

import { parse } from "@babel/parser";

/** One import, re-export or `import("…")` of a source, types included, or a module it starts. */
export interface Import {
  readonly specifier: string;
  readonly line: number;
  /** `start`: named by `new URL("…", import.meta.url)`, as Workers are. */
  readonly kind: "import" | "start";
}

/** A function, and how long it is, from its first line to its last. */
export interface Callable {
  readonly name: string;
  readonly line: number;
  readonly lines: number;
}

/** What the rules need to know of one source. */
export interface Source {
  /** From the project's root, with `/`: `lib/hub/feed.ts`. */
  readonly path: string;
  readonly lines: number;
  readonly imports: readonly Import[];
  readonly functions: readonly Callable[];
}

/** What one room may import. What is not listed is forbidden. */
export interface Rule {
  /** Rooms, or `"*"` for everything. A room's own modules need no mention. */
  readonly rooms: readonly string[] | "*";
  /** Packages and `node:` modules; all of them where this is absent. */
  readonly packages?: readonly string[];
}

/** The table: a room's name and its rule. */
export type Rules = Readonly<Record<string, Rule>>;

interface SyntaxNode {
  readonly type: string;
  readonly loc: { readonly start: { line: number }; readonly end: { line: number } };
  readonly [field: string]: unknown;
}

const functionTypes = new Set([
  "FunctionDeclaration",
  "FunctionExpression",
  "ArrowFunctionExpression",
  "ObjectMethod",
  "ClassMethod",
  "ClassPrivateMethod",
]);

const importTypes = new Set([
  "ImportDeclaration",
  "ExportNamedDeclaration",
  "ExportAllDeclaration",
  "ImportExpression",
  "TSImportType",
]);

/**
 * Reads one TypeScript source.
 *
 * @throws {SyntaxError} when it is not TypeScript
 */
export function readSource(path: string, text: string): Source {
  const file = parse(text, {
    sourceType: "module",
    sourceFilename: path,
    plugins: [
      ["typescript", { dts: path.endsWith(".d.ts") }],
      "decoratorAutoAccessors",
      ...(path.endsWith(".tsx") ? ["jsx" as const] : []),
    ],
  });
  const imports: Import[] = [];
  const functions: Callable[] = [];
  walk(file.program, undefined, (node, parent) => {
    const found = importOf(node);
    if (found) imports.push(found);
    if (functionTypes.has(node.type)) functions.push(callableOf(node, parent));
  });
  const lines = text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
  return { path, lines, imports, functions };
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === "object" && value !== null && "type" in value && "loc" in value &&
    typeof value.type === "string" && typeof value.loc === "object" && value.loc !== null;
}

function walk(
  value: unknown,
  parent: SyntaxNode | undefined,
  visit: (node: SyntaxNode, parent: SyntaxNode | undefined) => void,
): void {
  if (Array.isArray(value)) {
    for (const item of value) walk(item, parent, visit);
  } else if (isNode(value)) {
    visit(value, parent);
    for (const child of Object.values(value)) walk(child, value, visit);
  }
}

function importOf(node: SyntaxNode): Import | undefined {
  const line = node.loc.start.line;
  if (importTypes.has(node.type)) {
    const specifier = textOf(node.source) ?? textOf(node.argument);
    return specifier === undefined ? undefined : { specifier, line, kind: "import" };
  }
  if (node.type !== "NewExpression" || nameOf(node.callee) !== "URL") return undefined;
  const [specifier, base] = Array.isArray(node.arguments) ? node.arguments : [];
  const started = textOf(specifier);
  if (!started || !/\.tsx?$/.test(started) || !isNode(base) || !isNode(base.object)) {
    return undefined;
  }
  const fromHere = base.object.type === "MetaProperty";
  return fromHere ? { specifier: started, line, kind: "start" } : undefined;
}

/** The value of a string literal, wherever the syntax tree has wrapped it. */
function textOf(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  if (node.type === "TSLiteralType") return textOf(node.literal);
  return node.type === "StringLiteral" && typeof node.value === "string" ? node.value : undefined;
}

/** The name of an identifier or a key; empty for what has none. */
function nameOf(node: unknown): string {
  if (!isNode(node)) return "";
  if (node.type === "PrivateName") return `#${nameOf(node.id)}`;
  return typeof node.name === "string" ? node.name : textOf(node) ?? "";
}

function callableOf(node: SyntaxNode, parent: SyntaxNode | undefined): Callable {
  const { start, end } = node.loc;
  const own = nameOf(node.id) || nameOf(node.key);
  const given = parent ? nameOf(parent.id) || nameOf(parent.key) || nameOf(parent.left) : "";
  return { name: own || given || "a function", line: start.line, lines: end.line - start.line + 1 };
}

/**
 * The path that a relative specifier means.
 *
 * @returns `undefined` for packages and `node:` modules
 */
export function resolveImport(from: string, specifier: string): string | undefined {
  if (!/^\.\.?\//.test(specifier)) return undefined;
  const root = "file:///";
  return new URL(specifier, root + from).href.slice(root.length);
}

/**
 * The room that a path is in: `server.ts` → `server.ts`, `tests/unit/x.ts` → `tests`,
 * `lib/limits.ts` → `limits`, `lib/hub/feed.ts` → `hub`.
 */
export function roomOf(path: string): string {
  const [first = "", ...rest] = path.split("/");
  return first === "lib" && rest[0] !== undefined ? rest[0].replace(/\.ts$/, "") : first;
}

/** Imports that the table doesn't allow, and modules in rooms that it doesn't know. */
export function wrongDirections(sources: readonly Source[], rules: Rules): string[] {
  return sources.flatMap((source) => {
    const room = roomOf(source.path);
    const rule = rules[room];
    if (!rule) return [`${source.path}: the table knows no room ${room}`];
    return source.imports
      .filter(({ specifier }) => !isAllowed(source.path, specifier, room, rule))
      .map(({ specifier, line }) => `${source.path}:${line}: ${room} may not import ${specifier}`);
  });
}

function isAllowed(path: string, specifier: string, room: string, rule: Rule): boolean {
  const target = resolveImport(path, specifier);
  if (target === undefined) return rule.packages?.includes(specifier) ?? true;
  const other = roomOf(target);
  return rule.rooms === "*" || other === room || rule.rooms.includes(other);
}

/**
 * Circles of imports, as the path around each; of several that share modules, at least one.
 * Starting a Worker is not part of one: the module started is loaded by itself.
 */
export function importCircles(sources: readonly Source[]): string[] {
  const edges = new Map(sources.map((source) => [source.path, targetsOf(source)]));
  const done = new Set<string>();
  const trail: string[] = [];
  const circles: string[] = [];
  const follow = (path: string): void => {
    if (done.has(path)) return;
    const seenAt = trail.indexOf(path);
    if (seenAt >= 0) {
      circles.push([...trail.slice(seenAt), path].join(" → "));
      return;
    }
    trail.push(path);
    for (const target of edges.get(path) ?? []) follow(target);
    trail.pop();
    done.add(path);
  };
  for (const path of [...edges.keys()].sort()) follow(path);
  return circles;
}

function targetsOf(source: Source): Set<string> {
  const targets = source.imports
    .filter(({ kind }) => kind === "import")
    .map(({ specifier }) => resolveImport(source.path, specifier));
  return new Set(targets.filter((target) => target !== undefined));
}

/** Files and functions of more lines than they may have. */
export function tooLong(
  sources: readonly Source[],
  bounds: { readonly fileLinesMax: number; readonly functionLinesMax: number },
): string[] {
  return sources.flatMap(({ path, lines, functions }) => [
    ...(lines > bounds.fileLinesMax ? [`${path}: ${lines} lines`] : []),
    ...functions
      .filter((callable) => callable.lines > bounds.functionLinesMax)
      .map(({ name, line, lines }) => `${path}:${line}: ${name} has ${lines} lines`),
  ]);
}
