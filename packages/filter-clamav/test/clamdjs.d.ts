/** The part of clamdjs 1.0.2 that our client is held against; the package has no types. */
declare module 'clamdjs' {
  export function createScanner(host: string, port: number): { scanBuffer(buffer: Buffer): Promise<string> }
  export function ping(host: string, port: number): Promise<boolean>
  export function version(host: string, port: number): Promise<string>
}
