/** The flags of Node for the worker threads of this package. Deno refuses flags that it does not know. */
export const threadFlags: string[] = 'Deno' in globalThis ? [] : ['--disable-warning=ExperimentalWarning']
