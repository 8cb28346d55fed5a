/**
 * Keeps large mail from many recipients: a large message fills one mailbox, and the same message to a large list fills all of
 * them. Postfix limits the size of a message and the number of its recipients (`message_size_limit`,
 * `smtpd_recipient_limit` in postconf(5)), and not the two together.
 *
 * It only judges, by what the envelope and the size say, and reads no byte of the message.
 */
import { accept, defineFilter, type FilterPackage, reject } from '@candy/sdk'
import { options } from './options.js'

export const filter: FilterPackage = defineFilter({
  api: 1,
  name: 'size',
  options,
  create: ({ message_limit, total_limit }) => ({
    judge: ({ size, envelope: { recipients } }) => {
      // RFC 3463 section 3.3: the message length exceeds an administrative limit.
      if (size > message_limit) return reject(`larger than ${inMebibytes(message_limit)}`, [2, 3])
      // RFC 3463 section 3.6: too many recipients.
      const most = Math.max(1, Math.floor(total_limit / size))
      if (recipients.length > most) {
        return reject(
          `too large for ${recipients.length} recipients: send it to ${most} at once, or send a link`,
          [5, 3],
        )
      }
      return accept()
    },
  }),
})

function inMebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1).replace('.0', '')} MiB`
}
