/** Defines the symbols of explicit resource management, which some browsers lack. Entries for web platforms import it first. */
for (const name of ['dispose', 'asyncDispose']) {
  if (!(name in Symbol)) Object.defineProperty(Symbol, name, { value: Symbol(`Symbol.${name}`) })
}
