import { HostRuntime } from './runtime.js';
/**
 * A host inside this process: no frames, no second process, and therefore no boundary: what crashes V8 crashes this
 * process, and nothing outside watches memory. Node must have been started with `--no-node-snapshot`.
 */
export function startInProcessHost() {
    let listener = null;
    const { promise: ended, resolve: end } = Promise.withResolvers();
    const runtime = new HostRuntime({
        deliver(messages) {
            listener?.(messages);
            return true;
        },
        drained: () => Promise.resolve(),
    });
    const stop = () => {
        listener = null;
        runtime.dispose();
        end({ type: 'closed' });
    };
    return {
        send: (message) => runtime.receive(message),
        listen(onMessages) {
            listener = onMessages;
        },
        ended,
        kill: stop,
        residentBytes: () => null,
        [Symbol.asyncDispose]: () => {
            stop();
            return Promise.resolve();
        },
    };
}
//# sourceMappingURL=in-process.js.map