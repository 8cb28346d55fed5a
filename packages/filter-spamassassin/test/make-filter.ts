/** The filter, made as a runner makes it: options as an operator writes them, through the schema. */
import type { Filter } from '@candy/sdk'
import { testHost } from '@candy/sdk/testing'
import { filter } from '../src/index.js'

export async function makeFilter(options: object): Promise<Filter> {
  const result = await filter.options['~standard'].validate(options)
  if (result.issues !== undefined) throw new Error(result.issues.map(({ message }) => message).join('; '))
  return (await filter.create(result.value, testHost())) as Filter
}
