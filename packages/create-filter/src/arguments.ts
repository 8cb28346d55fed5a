/** Reads the arguments of the command (POSIX.1-2017, XBD 12.2; long options as GNU writes them). */
import { parseArgs } from 'node:util'

export const USAGE = `Usage: npm create @candy/filter [directory] [-- options]

Creates a package for a mail filter, and asks for what the options do not say.

  directory         where to create it (default: the package's name)
  --name NAME       the package's name: "size" becomes candy-filter-size, "@you/filter-size" stays as it is
  --rewrites        a filter that gives messages new content, and does not only judge them
  --javascript      plain JavaScript with checked types instead of TypeScript
  -y, --yes         ask nothing; the default is a filter in TypeScript that only judges
  -h, --help        show this

Exit status: 0 created, 64 usage, 73 the directory cannot be created or is not empty.
`

export type Language = 'typescript' | 'javascript'

export interface Arguments {
  readonly help: boolean
  /** Whether to ask nothing. */
  readonly yes: boolean
  readonly directory?: string
  readonly name?: string
  readonly rewrites?: true
  readonly language?: Language
}

/** The arguments, or the answers to questions, are wrong; the message says what is wrong. */
export class UsageError extends Error {}

/** Reads the arguments. Throws `UsageError` when they are wrong. */
export function readArguments(argv: readonly string[]): Arguments {
  const { values, positionals } = parse(argv)
  const [directory, second] = positionals
  if (second !== undefined) throw new UsageError(`one directory is enough: ${second}`)
  return {
    help: values.help === true,
    yes: values.yes === true,
    ...(directory !== undefined && { directory }),
    ...(values.name !== undefined && { name: values.name }),
    ...(values.rewrites === true && { rewrites: true }),
    ...(values.javascript === true && { language: 'javascript' }),
  }
}

interface ParsedArguments {
  readonly values: {
    readonly help?: boolean
    readonly yes?: boolean
    readonly name?: string
    readonly rewrites?: boolean
    readonly javascript?: boolean
  }
  readonly positionals: readonly string[]
}

function parse(argv: readonly string[]): ParsedArguments {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        yes: { type: 'boolean', short: 'y' },
        name: { type: 'string' },
        rewrites: { type: 'boolean' },
        javascript: { type: 'boolean' },
      },
    })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}
