/** The command: reads the arguments, asks what they leave open, writes the package, and says what to type next. */
import { basename, resolve } from 'node:path'
import { type Arguments, type Language, readArguments, USAGE, UsageError } from './arguments.js'
import { claimDirectory, DirectoryError, writeFiles } from './directory.js'
import { type Names, namesFor } from './name.js'
import { openQuestions } from './questions.js'
import { fillTemplate, type PackageOptions } from './template.js'

/** Exit statuses of sysexits.h. */
const EX_OK = 0
const EX_USAGE = 64
const EX_CANTCREAT = 73

export interface Environment {
  readonly directory: string
  readonly input: NodeJS.ReadableStream
  readonly output: NodeJS.WritableStream
  readonly error: NodeJS.WritableStream
}

/** Runs the command and returns its exit status. */
export async function command(argv: readonly string[], environment: Environment): Promise<number> {
  try {
    const options = readArguments(argv)
    if (options.help) {
      environment.output.write(USAGE)
      return EX_OK
    }
    const choices = options.yes
      ? choicesWithoutQuestions(options, environment)
      : await askForChoices(options, environment)
    const directory = resolve(environment.directory, options.directory ?? choices.names.folder)
    await claimDirectory(directory)
    await writeFiles(directory, await fillTemplate(choices))
    environment.output.write(nextSteps(choices, options.directory ?? choices.names.folder))
    return EX_OK
  } catch (error) {
    if (error instanceof UsageError) {
      environment.error.write(`create-filter: ${error.message}\nTry --help.\n`)
      return EX_USAGE
    }
    if (!(error instanceof DirectoryError)) throw error
    environment.error.write(`create-filter: ${error.message}\n`)
    return EX_CANTCREAT
  }
}

const NAME_RULE = 'a name has lower-case letters, digits and single hyphens: size, or @you/filter-size'

function choicesWithoutQuestions(options: Arguments, environment: Environment): PackageOptions {
  if (options.name === undefined && options.directory === undefined) throw new UsageError('say --name')
  return {
    names: namesFromArguments(options, environment),
    rewrites: options.rewrites === true,
    language: options.language ?? 'typescript',
  }
}

/** The names of the package, from `--name`, or else from the name of the directory. */
function namesFromArguments({ name, directory = '.' }: Arguments, environment: Environment): Names {
  const typed = name ?? basename(resolve(environment.directory, directory))
  const names = namesFor(typed)
  if (names === undefined) throw new UsageError(`${JSON.stringify(typed)} is no name: ${NAME_RULE}`)
  return names
}

async function askForChoices(options: Arguments, environment: Environment): Promise<PackageOptions> {
  const known =
    options.name === undefined && options.directory === undefined ? undefined : namesFromArguments(options, environment)
  using questions = openQuestions(environment.input, environment.output)
  const names = known ?? (await questions.ask('What is it called? ', NAME_RULE, namesFor))
  const rewrites =
    options.rewrites ?? (await questions.ask('Does it give messages new content? [y/N] ', 'y or n, please', yesOrNo))
  const language =
    options.language ?? (await questions.ask('TypeScript or JavaScript? [T/j] ', 't or j, please', readLanguage))
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

function nextSteps({ names, language }: PackageOptions, directory: string): string {
  const build = language === 'typescript' ? '  npm run build\n' : ''
  return `${names.package} is in ${directory}. Now:

  cd ${directory}
  npm install
  npm test
${build}  candy check --filter . letter.eml   judges a message with it
  candy add .                         runs it in Postfix
`
}
