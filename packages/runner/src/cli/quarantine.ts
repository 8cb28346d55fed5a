/** `candy quarantine`: the messages that a person should look at. Each of its commands has its own file. */
import type { Command } from 'commander'
import { addQuarantineDelete } from './quarantine-delete.js'
import { addQuarantineExpire } from './quarantine-expire.js'
import { addQuarantineLearn } from './quarantine-learn.js'
import { addQuarantineList } from './quarantine-list.js'
import { addQuarantineRelease } from './quarantine-release.js'
import { addQuarantineShow } from './quarantine-show.js'

export function addQuarantine(candy: Command): void {
  const quarantine = candy
    .command('quarantine')
    .summary('look at the messages that candy has kept, and decide about them')
    .description('list, show, release, learn from, delete and expire the messages that a person should look at')
  addQuarantineList(quarantine)
  addQuarantineShow(quarantine)
  addQuarantineRelease(quarantine)
  addQuarantineLearn(quarantine)
  addQuarantineDelete(quarantine)
  addQuarantineExpire(quarantine)
}
