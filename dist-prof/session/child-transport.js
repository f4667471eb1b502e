import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { CodecellError, messageOf } from '../errors.js';
import { encodeFrames, FrameReader } from '../protocol/frame.js';
import { parseFromHost } from '../protocol/parse-message.js';
import { hostCommand } from './host-command.js';
/** How much of a dying host's error stream is kept for the reason, in characters. */
const stderrTail = 2000;
/** Starts a host process and speaks frames with it over descriptor 3. Throws `HOST_START_FAILED` where it cannot run. */
export function startChildTransport(profile, memoryMb) {
    return new ChildTransport(hostCommand(profile, memoryMb));
}
class ChildTransport {
    ended;
    #child;
    #socket;
    #reader = new FrameReader();
    #end;
    #listener = null;
    #outgoing = [];
    #stderr = '';
    #closing = false;
    constructor({ command, args, env }) {
        const { promise, resolve } = Promise.withResolvers();
        this.ended = promise;
        this.#end = resolve;
        this.#child = spawn(command, args, { env, stdio: ['ignore', 'ignore', 'pipe', 'pipe'], windowsHide: true });
        const socket = this.#child.stdio[3];
        if (!(socket instanceof Socket)) {
            throw new CodecellError('HOST_START_FAILED', `Cannot start a host with "${command}": it has no channel`);
        }
        this.#socket = socket;
        this.#listen();
    }
    #listen() {
        this.#child.on('error', (cause) => this.#lost(`it could not be started: ${messageOf(cause)}`, cause));
        // Not `exit`: what the process said last on its error stream comes before `close`.
        this.#child.on('close', (code, signal) => this.#lost(exitText(code, signal), signal ?? code));
        this.#child.stderr?.on('data', (chunk) => {
            this.#stderr = (this.#stderr + chunk.toString()).slice(-stderrTail);
        });
        this.#child.stderr?.on('error', () => undefined);
        this.#socket.on('data', (chunk) => this.#receive(chunk));
        // The exit of the process says more than a broken channel, and follows it at once.
        this.#socket.on('error', () => this.kill());
        this.#socket.on('end', () => this.kill());
        // Neither the process nor its channel keeps the agent alive; a cell that is being observed does.
        this.#child.unref();
        this.#socket.unref();
        const { stderr } = this.#child;
        if (stderr instanceof Socket)
            stderr.unref();
    }
    #receive(chunk) {
        try {
            const messages = this.#reader.push(chunk).map((message) => parseFromHost(message));
            if (messages.length > 0)
                this.#listener?.(messages);
        }
        catch (cause) {
            // A host that speaks nonsense may have been taken over by a cell.
            this.#lost(`it broke the protocol: ${messageOf(cause)}`, cause);
            this.kill();
        }
    }
    #lost(reason, cause) {
        this.#listener = null;
        this.#socket.destroy();
        if (this.#closing)
            return this.#end({ type: 'closed' });
        this.#end({ type: 'lost', reason, detail: this.#stderr.trim(), cause });
    }
    send(message) {
        if (this.#outgoing.push(message) > 1)
            return;
        queueMicrotask(() => this.#flush());
    }
    #flush() {
        const messages = this.#outgoing;
        this.#outgoing = [];
        if (!this.#socket.writable)
            return;
        for (const frame of encodeFrames(messages))
            this.#socket.write(frame);
    }
    listen(onMessages) {
        this.#listener = onMessages;
    }
    kill() {
        this.#child.kill('SIGKILL');
    }
    /** Linux only; elsewhere the memory of a host cannot be read without another process. */
    residentBytes() {
        try {
            const pages = readFileSync(`/proc/${this.#child.pid}/statm`, 'latin1').split(' ')[1];
            return pages === undefined ? null : Number(pages) * 4096;
        }
        catch {
            return null;
        }
    }
    async [Symbol.asyncDispose]() {
        this.#closing = true;
        this.#socket.end();
        await this.ended;
    }
}
function exitText(code, signal) {
    return signal === null ? `it exited with code ${code}` : `it was killed by ${signal}`;
}
//# sourceMappingURL=child-transport.js.map