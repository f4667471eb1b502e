/** The configuration files that are used without `--config`: the first that exists in the working folder. */
export const usualFiles: readonly string[] = ['codecell.json', '.mcp.json', 'mcp.json']
