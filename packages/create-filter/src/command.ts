/** The command: arguments and answers in, a package out, and a word on what to type next. */
import { basename, resolve } from 'node:path'
import { type Arguments, type Language, readArguments, USAGE, UsageError } from './arguments.js'
import { claimDirectory, Occupied, writeFiles } from './directory.js'
import { type Names, namesFor } from './name.js'
import { openQuestions } from './questions.js'
import { fillTemplate, type Wish } from './template.js'

/** sysexits.h */
const EX_OK = 0
const EX_USAGE = 64
const EX_CANTCREAT = 73

export interface Surroundings {
  readonly directory: string
  readonly input: NodeJS.ReadableStream
  readonly output: NodeJS.WritableStream
  readonly error: NodeJS.WritableStream
}

/** Gives the exit status. */
export async function command(argv: readonly string[], around: Surroundings): Promise<number> {
  try {
    const given = readArguments(argv)
    if (given.help) {
      around.output.write(USAGE)
      return EX_OK
    }
    const wish = given.yes ? wished(given, around) : await asked(given, around)
    const directory = resolve(around.directory, given.directory ?? wish.names.folder)
    await claimDirectory(directory)
    await writeFiles(directory, await fillTemplate(wish))
    around.output.write(farewell(wish, given.directory ?? wish.names.folder))
    return EX_OK
  } catch (error) {
    if (error instanceof UsageError) {
      around.error.write(`create-filter: ${error.message}\nTry --help.\n`)
      return EX_USAGE
    }
    if (!(error instanceof Occupied)) throw error
    around.error.write(`create-filter: ${error.message}\n`)
    return EX_CANTCREAT
  }
}

const NO_NAME = 'a name has lower-case letters, digits and single hyphens: size, or @you/filter-size'

function wished(given: Arguments, around: Surroundings): Wish {
  if (given.name === undefined && given.directory === undefined) throw new UsageError('say --name')
  return { names: named(given, around), rewrites: given.rewrites === true, language: given.language ?? 'typescript' }
}

/** A directory that is named says what the package is called, if nothing else does. */
function named({ name, directory = '.' }: Arguments, around: Surroundings): Names {
  const typed = name ?? basename(resolve(around.directory, directory))
  const names = namesFor(typed)
  if (names === undefined) throw new UsageError(`${JSON.stringify(typed)} is no name: ${NO_NAME}`)
  return names
}

async function asked(given: Arguments, around: Surroundings): Promise<Wish> {
  const known = given.name === undefined && given.directory === undefined ? undefined : named(given, around)
  using questions = openQuestions(around.input, around.output)
  const names = known ?? (await questions.ask('What is it called? ', NO_NAME, namesFor))
  const rewrites =
    given.rewrites ?? (await questions.ask('Does it give messages new content? [y/N] ', 'y or n, please', yesOrNo))
  const language =
    given.language ?? (await questions.ask('TypeScript or JavaScript? [T/j] ', 't or j, please', readLanguage))
  return { names, rewrites, language }
}

function yesOrNo(answer: string): boolean | undefined {
  if (/^(n|no|)$/i.test(answer)) return false
  return /^(y|yes)$/i.test(answer) ? true : undefined
}

function readLanguage(answer: string): Language | undefined {
  if (/^(t|ts|typescript|)$/i.test(answer)) return 'typescript'
  return /^(j|js|javascript)$/i.test(answer) ? 'javascript' : undefined
}

function farewell({ names, language }: Wish, directory: string): string {
  const build = language === 'typescript' ? '  npm run build\n' : ''
  return `${names.package} is in ${directory}. Now:

  cd ${directory}
  npm install
  npm test
${build}  candy check --filter . letter.eml   judges a message with it
  candy add .                         runs it in Postfix
`
}
