/** Reads the arguments of the command (POSIX.1-2017, XBD 12.2; long options as GNU writes them). */
import { parseArgs } from 'node:util'

export const USAGE = `Usage: npm create @candy/filter [directory] [-- options]

Makes a package for a mail filter, and asks what the options leave open.

  directory         where to make it (default: the package's name)
  --name NAME       what it is called: "size" becomes candy-filter-size, "@you/filter-size" stays
  --rewrites        it gives messages new content; without this option it judges
  --javascript      plain JavaScript with checked types instead of TypeScript
  -y, --yes         ask nothing: what the options leave open is a TypeScript filter that judges
  -h, --help        show this

Exit status: 0 made, 64 usage, 73 the directory cannot be made or is not empty.
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
