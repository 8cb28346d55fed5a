/** `candy quarantine delete`: removes messages from the quarantine for ever. */
import { printable } from '@candy/sdk'
import type { Command } from 'commander'
import { deleteEntry } from '../quarantine/deletion.js'
import { idOf } from '../quarantine/entry.js'
import { asciiJson } from './ascii-json.js'
import { EX_OK, EX_UNAVAILABLE, explain } from './failure.js'
import { addHelp } from './help-text.js'
import { openQuarantine } from './quarantine-directory.js'
import { openQuarantineLog } from './quarantine-log.js'
import { addSelection, chooseEntries, type SelectionOptions } from './quarantine-selection.js'

interface DeleteOptions extends SelectionOptions {
  readonly dryRun?: true
  readonly json?: true
}

export function addQuarantineDelete(quarantine: Command): void {
  const command = addSelection(quarantine.command('delete'))
    .description('delete messages for ever, without telling sender or recipient')
    .argument(
      '[message...]',
      'the name or queue id of a message, or the beginning of either, as "candy quarantine list" shows them',
    )
    .option('--all', 'all messages')
    .option('--dry-run', 'show what would be deleted, and do nothing')
    .option('--yes', 'do not ask, where options choose the messages')
    .option('--json', 'print JSON')
    .action((names: string[], _, command: Command) => remove(names, command.optsWithGlobals<DeleteOptions>()))
  addHelp(command, {
    examples: [
      ['candy quarantine delete --older-than 7d --filter 50-clamav', 'what one filter has caught more than a week ago'],
    ],
    exits: {
      0: 'all are deleted',
      64: 'the command line is wrong',
      69: 'one is not there, is being released or cannot be deleted',
    },
  })
}

async function remove(typed: readonly string[], options: DeleteOptions): Promise<void> {
  const quarantine = await openQuarantine(options.config)
  if (quarantine === undefined) return
  const { dryRun, json } = options
  const entries = await chooseEntries(quarantine, typed, options, { verb: 'Delete', ask: dryRun !== true })
  const log = openQuarantineLog(quarantine)
  const deleted: string[] = []
  const kept: { name: string; text: string }[] = []
  for (const entry of entries) {
    const { name, state } = entry
    const became = dryRun ? 'deleted' : await deleteEntry(quarantine.directory, entry).catch((error: unknown) => error)
    if (became instanceof Error) kept.push({ name, text: `it cannot be deleted: ${explain(became).text}` })
    else if (became === 'being released') kept.push({ name, text: 'it is being released at this moment' })
    else deleted.push(name)
    if (became === 'deleted' && !dryRun)
      log.write('info', 'quarantined message deleted', { name, ...idOf(entry), state })
  }
  await log.close()
  if (json) console.log(asciiJson({ version: 1, deleted, kept }))
  else {
    for (const name of deleted) console.log(`${dryRun ? 'would delete' : 'deleted'} ${printable(name)}`)
    for (const { name, text } of kept) console.error(`${printable(name)}: ${printable(text)}`)
    if (entries.length === 0) console.log('no such messages: nothing to delete')
  }
  process.exitCode = kept.length === 0 ? EX_OK : EX_UNAVAILABLE
}
