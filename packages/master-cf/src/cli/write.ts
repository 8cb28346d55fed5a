/** The commands that change a file: set, unset, add, remove. A command makes all the changes that it was given, or none. */
import { unifiedDiff } from '../diff.js'
import { applyEdits, type Edit } from '../edit.js'
import { MasterCfError } from '../error.js'
import { readText, updateText } from '../file.js'
import { findService, type MasterCf, parse } from '../parse.js'
import { addService, commentOut, removeService } from '../service.js'
import { setField, setOption, unsetOption } from '../setting.js'
import { isField } from './field.js'
import {
  done,
  printJson,
  type Request,
  type Result,
  readAssignment,
  readKey,
  toByteString,
  UsageError,
} from './request.js'

type Step = (file: MasterCf) => readonly Edit[]

export function runSet(request: Request): Result {
  const [operand, ...assignments] = request.operands
  const key = readKey(operand)
  const steps: Step[] = assignments.map(readAssignment).map(({ name, value }) => {
    if (!isField(name)) throw new UsageError(`${name}: no such field; a parameter is set with -o ${name}=VALUE`)
    return (file) => setField(file, key, name, value)
  })
  for (const parameter of request.parameters) {
    const setting = readAssignment(parameter)
    steps.push((file) => setOption(file, key, setting))
  }
  if (steps.length === 0) throw new UsageError('set what? Say FIELD=VALUE or -o NAME=VALUE')
  return change(request, steps)
}

export function runUnset(request: Request): Result {
  const [operand, ...fields] = request.operands
  const key = readKey(operand)
  const steps: Step[] = fields.map((name) => {
    if (!isField(name)) throw new UsageError(`${name}: no such field; a parameter is unset with -o ${name}`)
    return (file) => setField(file, key, name, '-')
  })
  for (const name of request.parameters) {
    if (name.includes('=')) throw new UsageError(`-o ${name}: unset takes a name alone`)
    steps.push((file) => {
      requirePresent(file, key.service, key.type)
      return unsetOption(file, key, name)
    })
  }
  if (steps.length === 0) throw new UsageError('unset what? Say FIELD or -o NAME')
  return change(request, steps)
}

export function runAdd(request: Request): Result {
  const { entries, problems } = parse(`${request.operands.join(' ')}\n`)
  const [entry, ...others] = entries
  if (entry === undefined || others.length > 0 || problems.length > 0) {
    const why = problems[0]?.message ?? 'no single entry'
    throw new UsageError(`${why}; say SERVICE TYPE PRIVATE UNPRIVILEGED CHROOT WAKEUP MAXPROC COMMAND [ARGUMENT...]`)
  }
  const options = [...entry.options, ...request.parameters.map(readAssignment)]
  return change(request, [(file) => addService(file, { ...entry, options })])
}

export function runRemove(request: Request): Result {
  if (request.operands.length === 0) readKey(undefined)
  const steps = request.operands.map((operand): Step => {
    const key = readKey(operand)
    return (file) => {
      requirePresent(file, key.service, key.type)
      return request.commentOut ? commentOut(file, key) : removeService(file, key)
    }
  })
  return change(request, steps)
}

function requirePresent(file: MasterCf, service: string, type: string): void {
  if (findService(file, { service, type }) === undefined) {
    throw new MasterCfError('SERVICE_MISSING', `no service ${service}/${type}`)
  }
}

function change({ file, json, dryRun }: Request, steps: readonly Step[]): Result {
  let diff = ''
  const edit = (before: string): string => {
    let after = before
    for (const step of steps) after = applyEdits(after, step(parse(after)))
    diff = unifiedDiff(toByteString(file), before, after)
    return after
  }
  if (dryRun) edit(readText(file))
  else updateText(file, edit)
  if (json) return done(printJson({ version: 1, changed: diff !== '', diff }))
  return done(dryRun ? diff : '')
}
