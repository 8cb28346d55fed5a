/**
 * Compares the options by which the receiving services give their mail to candy with those that `candy enable` would set now. A
 * service that has lost its option, or was added since, lets mail pass unfiltered.
 */
import { findService } from '@candy/master-cf'
import { isEdited, routesToCandy } from './attachment.js'
import { type EnableRequest, editsToEnable } from './enable-edits.js'
import { nameEntry, optionOf } from './entrances.js'
import { FILTER_PARAMETERS, foreignFilter, isMilterList } from './filter-option.js'
import type { Instance } from './instance.js'
import type { Journal } from './journal.js'

export interface AttachmentDifference {
  /** As `postconf -P` names the option: `smtp/inet/content_filter`. */
  readonly option: string
  /** The service for the operator: `smtp/inet (line 12)`. */
  readonly place: string
  /** Undefined where it is not set. */
  readonly present: string | undefined
  readonly wanted: string
  /** Whether mail passes unfiltered; otherwise addresses are mapped twice. */
  readonly unfiltered: boolean
  /** The option by which the service gives its mail to a filter that is not candy. */
  readonly foreign: string | undefined
}

export interface Attachments {
  readonly differences: readonly AttachmentDifference[]
  /** A line about each service whose mail goes to candy, for the operator. */
  readonly filtered: readonly string[]
  /** A line about each service whose mail is not filtered, as the operator chose or because it cannot be. */
  readonly unfiltered: readonly string[]
  /** Why `candy enable` would refuse, each with what to do about it. */
  readonly refusals: readonly string[]
}

export function compareAttachments(instance: Instance, request: EnableRequest, journal: Journal): Attachments {
  // In main.cf these are examined by themselves, and would only hide everything else here.
  const parameters = new Map([...instance.parameters, ...FILTER_PARAMETERS.map((name) => [name, ''] as const)])
  const edits = editsToEnable({ ...instance, parameters }, request, journal)
  const wanted = edits.refusals.length === 0 ? edits.attached : journal.attached
  const differences = wanted.flatMap((one): readonly AttachmentDifference[] => {
    const entry = findService(instance.master, one)
    if (entry === undefined) return []
    const present = optionOf(entry, one.name)
    if (present === one.value || isEdited(one, present)) return []
    return [
      {
        option: `${one.service}/${one.type}/${one.name}`,
        place: nameEntry(entry),
        present,
        wanted: one.value,
        unfiltered: routesToCandy(one) || isMilterList(one.name),
        foreign: routesToCandy(one) ? foreignFilter(entry, request.mode) : undefined,
      },
    ]
  })
  const unfiltered = edits.warnings.filter((text) => text.startsWith('NOT filtered: '))
  return { differences, filtered: edits.entrances, unfiltered, refusals: edits.refusals }
}
