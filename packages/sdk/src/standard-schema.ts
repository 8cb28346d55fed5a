/**
 * The part of Standard Schema 1.1 (https://standardschema.dev) that options need, copied as its authors allow, so that
 * this package depends on nothing. Any schema library that implements the specification fits: valibot, zod, arktype.
 * Types only.
 */

/** A schema of any library: reads `Input`, promises `Output`. */
export interface StandardSchemaV1<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
    /** Standard JSON Schema: where a library has it, the runner learns from it which keys there are. */
    readonly jsonSchema?: { readonly input: (options: { readonly target: string }) => Record<string, unknown> }
  }
}

export type SchemaResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] }

export interface SchemaIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** What a schema gives once it has validated its input. */
export type InferOutput<S extends StandardSchemaV1> = NonNullable<S['~standard']['types']>['output']
