/** The parts of the WebAssembly interface that the engine uses: no other library of types has them here. */
declare namespace WebAssembly {
  interface Module {
    readonly [Symbol.toStringTag]?: string
  }
  interface Memory {
    readonly buffer: ArrayBuffer
    grow(pages: number): number
  }
  interface Global {
    value: unknown
  }
  interface Instance {
    readonly exports: Readonly<Record<string, unknown>>
  }
  const Module: {
    new (bytes: Uint8Array): Module
    exports(module: Module): readonly { readonly name: string; readonly kind: string }[]
    imports(module: Module): readonly { readonly name: string; readonly kind: string }[]
  }
  const Instance: {
    new (module: Module, imports: Readonly<Record<string, Readonly<Record<string, unknown>>>>): Instance
  }
  const Memory: { new (descriptor: { readonly initial: number }): Memory }
  const Global: { new (descriptor: { readonly value: string }, value: unknown): Global }
}
