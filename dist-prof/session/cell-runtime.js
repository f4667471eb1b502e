import { EventTrail } from '../journal/event-trail.js';
import { limitText } from '../protocol/cell-limits.js';
/** How long a host has for a termination before it is killed, in milliseconds. */
const obeyMs = 300;
/** How often a cell may be running on a host that is killed from outside, without getting on, before it is blamed. */
const maxStrikes = 3;
/**
 * A cell's runtime as the session sees it: always there. It runs on some host; when that host dies it is revived on
 * another by replaying its journal, and what it emitted before is passed over.
 */
export class CellRuntime {
    memoryMb;
    #journal;
    #place;
    #listener;
    #trail = new EventTrail();
    #stopped = Promise.withResolvers();
    #phase = { type: 'placing' };
    #handled = 0;
    #strikes = 0;
    #strikeAt = -1;
    constructor(journal, place, listener) {
        this.#journal = journal;
        this.#place = place;
        this.#listener = listener;
        this.memoryMb = journal.start.limits.memoryMb;
    }
    /** Runs the cell on the next free host. */
    start() {
        const host = this.#place.pool.pick(this.#place.owner);
        if (host !== null)
            this.#run(host);
        else
            void this.#runSoon(false);
    }
    async #runSoon(alone) {
        const { pool, owner } = this.#place;
        try {
            const host = alone ? await pool.placeAlone() : await pool.place(owner);
            if (this.#phase.type === 'placing')
                return this.#run(host);
            if (alone)
                await pool.release(host);
        }
        catch {
            // Why no host starts is for the people who run it: a new session, or the doctor, tells them.
            if (this.#phase.type === 'placing')
                this.#end(failure('failed to initialize code mode runtime'));
        }
    }
    #run(host) {
        // A host may die between its choice and this moment.
        if (host.isGone)
            return void this.#runSoon(host.solo);
        const cell = host.adopt(this, this.#place.catalogue);
        this.#phase = { type: 'running', host, cell };
        this.#handled = 0;
        this.#trail.rewind();
        for (const command of this.#journal.replay())
            host.send({ ...command, cell });
    }
    /** Gives the cell a command; it is on the journal from here on. */
    send(command) {
        if (this.#phase.type === 'over')
            return;
        this.#journal.append(command);
        if (this.#phase.type === 'running')
            this.#phase.host.send({ ...command, cell: this.#phase.cell });
    }
    get isBusy() {
        return this.#handled < this.#journal.commands.length + 1;
    }
    heard(message) {
        switch (message.type) {
            case 'ready':
            case 'pong':
            case 'stuck':
                return;
            case 'handled':
                this.#handled = message.count;
                if (this.#phase.type === 'running' && !this.isBusy)
                    this.#listener.idle();
                return;
            case 'stopped':
                return this.#gone();
            default:
                return this.#follow(message);
        }
    }
    #follow(event) {
        if (this.#phase.type !== 'running')
            return;
        const kind = this.#trail.follow(event);
        if (kind === 'repeated')
            return;
        if (kind === 'diverged') {
            void this.terminate();
            return this.#listener.event(failure('the program did not take the same way when it was run again'));
        }
        this.#listener.event(event);
    }
    lost(loss) {
        if (this.#phase.type !== 'running')
            return this.#gone();
        const { host } = this.#phase;
        if (this.#isToBlame(loss, host))
            return this.#end(this.#verdict(loss));
        this.#phase = { type: 'placing' };
        void this.#runSoon(loss.role === 'suspect');
    }
    /** Alone on a host there is nobody else to blame, unless something outside killed it: then only repetition tells. */
    #isToBlame(loss, host) {
        if (loss.role === 'guilty')
            return true;
        if (loss.role === 'innocent')
            return false;
        if (this.#strikeAt !== this.#handled)
            this.#strikes = 0;
        this.#strikeAt = this.#handled;
        this.#strikes++;
        return this.isBusy && host.solo && this.#strikes >= maxStrikes;
    }
    #verdict({ reason, memoryMb }) {
        if (memoryMb !== null) {
            return { type: 'failed', limit: 'memory', body: limitText('memory_mb', this.memoryMb, memoryMb) };
        }
        return failure(`exec runtime ended unexpectedly: the host process died while this cell ran: ${reason}`);
    }
    #end(event) {
        this.#gone();
        this.#listener.event(event);
    }
    #gone() {
        const phase = this.#phase;
        this.#phase = { type: 'over' };
        this.#stopped.resolve();
        if (phase.type === 'running' && phase.host.solo)
            void this.#place.pool.release(phase.host);
    }
    /** Stops the cell for good. Resolves when nothing of it runs any more; a host that does not obey is killed. */
    async terminate() {
        const phase = this.#phase;
        if (phase.type === 'over')
            return this.#stopped.promise;
        if (phase.type === 'placing')
            return this.#gone();
        phase.host.send({ type: 'terminate', cell: phase.cell });
        const timer = setTimeout(() => phase.host.condemn('a cell on it could not be stopped', this), obeyMs);
        this.#phase = { type: 'over' };
        await this.#stopped.promise;
        clearTimeout(timer);
    }
}
function failure(errorText) {
    return { type: 'failed', limit: null, body: errorText };
}
//# sourceMappingURL=cell-runtime.js.map