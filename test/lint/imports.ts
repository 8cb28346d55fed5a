/** What a module imports, in every way that JavaScript and TypeScript have for that. */
import { parseAst } from 'rolldown/parseAst'

export interface Import {
  /** Undefined when it is computed. */
  readonly specifier: string | undefined
  /** Both counted from 1. */
  readonly line: number
  readonly column: number
}

/** ESTree's, with TypeScript's own nodes. */
interface Node {
  readonly type: string
  readonly start: number
  readonly [key: string]: unknown
}

/** Throws where the text cannot be parsed. `path` says by its end whether it is TypeScript. */
export function importsOf(path: string, text: string): readonly Import[] {
  const found: Import[] = []
  const starts = lineStarts(text)
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const element of value) visit(element)
    else if (isNode(value)) {
      const source = sourceOf(value)
      if (source !== undefined) found.push({ specifier: textOf(source), ...placeOf(source.start, starts) })
      for (const child of Object.values(value)) visit(child)
    }
  }
  visit(parseAst(text, { lang: path.endsWith('ts') ? 'ts' : 'js' }, path))
  return found
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Partial<Node>).type === 'string'
}

/** The node that names the module, where this one imports. */
function sourceOf(node: Node): Node | undefined {
  const source = namedBy(node)
  return isNode(source) ? source : undefined
}

function namedBy(node: Node): unknown {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ImportExpression':
    case 'TSImportType':
    case 'ExportAllDeclaration':
    case 'ExportNamedDeclaration':
      return node.source
    case 'TSExternalModuleReference':
      return node.expression
    case 'CallExpression':
      return isLoading(node.callee) ? (node.arguments as readonly unknown[])[0] : undefined
    default:
      return undefined
  }
}

/** `require`, `require.resolve` and `import.meta.resolve`. */
function isLoading(callee: unknown): boolean {
  if (!isNode(callee)) return false
  const { type, name, object, property } = callee
  if (type === 'Identifier') return name === 'require'
  if (type !== 'MemberExpression' || !isNode(object) || !isNode(property) || property.name !== 'resolve') return false
  return object.type === 'MetaProperty' || object.name === 'require'
}

function textOf({ type, value, quasis, expressions }: Node): string | undefined {
  if (type === 'Literal' && typeof value === 'string') return value
  if (type !== 'TemplateLiteral' || (expressions as readonly unknown[]).length > 0) return undefined
  const [only] = quasis as readonly { readonly value: { readonly cooked: string } }[]
  return only?.value.cooked
}

/** The offset of each line. */
function lineStarts(text: string): readonly number[] {
  return [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)]
}

function placeOf(offset: number, starts: readonly number[]): { readonly line: number; readonly column: number } {
  const line = starts.findLastIndex((start) => start <= offset)
  return { line: line + 1, column: offset - (starts[line] ?? 0) + 1 }
}
