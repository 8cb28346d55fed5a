/** Filters whose `learn()` fails, or does not say what came of it. */
import { asking, type Broken } from './broken.js'

export const LEARNING: readonly Broken[] = [
  {
    check: 'learns and forgets',
    how: 'a lesson that it does not know',
    subject: asking(() => ({
      learn: async (_mail, lesson) => {
        if (lesson === 'forget') throw new Error('cannot forget')
        return true
      },
    })),
    says: /learn\(\) threw for "forget": Error: cannot forget/,
  },
  {
    check: 'learns and forgets',
    how: 'an answer that says nothing',
    subject: asking(() => ({ learn: async () => undefined as unknown as boolean })),
    says: /learn\(\) returns whether it changed anything, not undefined/,
  },
]
