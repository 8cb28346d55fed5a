/** Tells whether a word of the command line names a field of a service, such as `chroot`. */
import { FIELDS, type Field } from '../entry.js'

export function isField(name: string): name is Field {
  return FIELDS.some((field) => field === name)
}
