import type { HostProfile } from '../protocol/message.ts';
/** A command line for `spawn`, with the whole environment that the process gets. */
export type HostCommand = {
    readonly command: string;
    readonly args: string[];
    readonly env: Record<string, string>;
};
/** How a host process is started. Throws `HOST_START_FAILED` on a Node that is too old, or where `strict` cannot be had. */
export declare function hostCommand(profile: HostProfile, memoryMb: number): HostCommand;
//# sourceMappingURL=host-command.d.ts.map