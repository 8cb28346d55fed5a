/** Apart from the other tests: what is tested here takes minutes, and a network. */
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'hosts',
    root: import.meta.dirname,
    include: ['**/*.test.ts'],
    reporters: ['verbose'],
    testTimeout: 300_000,
    hookTimeout: 900_000,
  },
})
