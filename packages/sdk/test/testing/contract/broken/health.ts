/** Filters whose `check()` says too little, too much, or gets in the way of mail. */
import { accept } from '../../../../src/index.js'
import { asking, type Broken, scan } from './broken.js'

export const HEALTH: readonly Broken[] = [
  {
    check: 'reports in check() that all is well',
    how: 'a check that throws',
    subject: asking(() => ({ check: async () => Promise.reject(new Error('oops')) })),
    says: /check\(\) threw when all is well/,
  },
  {
    check: 'reports in check() that all is well',
    how: 'a check that is never content',
    subject: asking(() => ({ check: async () => ({ ok: false, text: 'gone' }) })),
    says: /says "gone" though all is well/,
  },
  {
    check: 'reports in check() one line of text, and details for programs',
    how: 'the text of a daemon, passed on as it is',
    subject: asking(() => ({ check: async () => ({ ok: true, text: 'fine\n\u001b[31mreally' }) })),
    says: /text of check\(\) is one line of printable ASCII/,
  },
  {
    check: 'reports in check() one line of text, and details for programs',
    how: 'an age of signatures that are not there',
    subject: asking(() => ({ check: async () => ({ ok: true, text: 'fine', details: { age: Number.NaN } }) })),
    says: /details\.age of check\(\) is a string, a finite number or a boolean, not NaN/,
  },
  {
    check: 'gives the same verdict while check() runs',
    how: 'a flag that says that there is no mail now',
    subject: asking((options) => {
      let checking = false
      return {
        check: async () => {
          checking = true
          return { ok: true, text: 'fine' }
        },
        judge: async (mail, { signal }) =>
          checking ? accept([{ add: 'X-Checked', value: 'yes' }]) : scan(options, mail, signal),
      }
    }),
    says: /gives another verdict while check\(\) ran/,
  },
]
