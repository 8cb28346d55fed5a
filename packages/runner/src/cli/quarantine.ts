/** `candy quarantine`: the messages that a person should look at. Each of its commands has its own file. */
import type { Command } from 'commander'
import { addQuarantineDelete } from './quarantine-delete.js'
import { addQuarantineLearn } from './quarantine-learn.js'
import { addQuarantineList } from './quarantine-list.js'
import { addQuarantineShow } from './quarantine-show.js'

export function addQuarantine(candy: Command): void {
  const quarantine = candy
    .command('quarantine')
    .description('list, show, learn from and delete the messages that a person should look at (see docs/quarantine.md)')
  addQuarantineList(quarantine)
  addQuarantineShow(quarantine)
  addQuarantineLearn(quarantine)
  addQuarantineDelete(quarantine)
}
