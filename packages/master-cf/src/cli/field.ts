/** Checks the names of fields on the command line. */
import { FIELDS, type Field } from '../entry.js'

export function isField(name: string): name is Field {
  return FIELDS.some((field) => field === name)
}
