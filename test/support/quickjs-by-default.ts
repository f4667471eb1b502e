/** A plugin of Vite and Rolldown that makes QuickJS the engine of hosts and sessions whose caller chooses none. */
export const quickJsByDefault = {
  name: 'quickjs-by-default',
  load: (id: string): string | null =>
    id.endsWith('/src/protocol/default-engine.ts') ? "export const defaultEngine = 'quickjs'" : null,
}
