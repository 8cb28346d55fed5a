/** What this package exports, and nothing else. */
export { unifiedDiff } from './diff.js'
export { applyEdits, type Edit } from './edit.js'
export {
  type DisabledEntry,
  type Entry,
  FIELDS,
  type Field,
  SERVICE_TYPES,
  type ServiceFields,
  type ServiceKey,
  type ServiceType,
} from './entry.js'
export { type ErrorCode, MasterCfError, type Position, type Problem, type ProblemCode } from './error.js'
export { readText, type UpdateOptions, updateText } from './file.js'
export type { Line } from './line.js'
export { type Lock, takeLock } from './lock.js'
export type { CommandLine, Option, Setting } from './option.js'
export { findService, findServices, type MasterCf, parse, print } from './parse.js'
export { addService, commentOut, printService, removeService, type Service } from './service.js'
export { setField, setOption, unsetOption } from './setting.js'
export type { Span, Word } from './word.js'
