/**
 * What the panel shows and does of sharing.
 */
import type {
  Person,
  SharingControls,
  SharingState as Shown,
} from "./panel/sharing-state.ts";
import type { Sharing, SharingState } from "./sharing.ts";
import { viewerName } from "./strings.ts";

/** For the panel. The link for lookers is fetched once in each connection, by those who may have it. */
export class SharingPanelControls implements SharingControls {
  readonly #sharing: Sharing;
  readonly #listeners = new Set<() => void>();
  readonly #stop: () => void;
  #link: string | undefined;
  /** The connection that the link was asked for in. */
  #askedAs: string | undefined;

  constructor(sharing: Sharing) {
    this.#sharing = sharing;
    this.#stop = sharing.subscribe({
      onChange: (state) => {
        this.#askLink(state);
        this.#changed();
      },
    });
  }

  get state(): Shown {
    return shownOf(this.#sharing.state, {
      link: this.#link,
      name: this.#sharing.name,
    });
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  request(): void {
    this.#sharing.requestControl();
  }

  take(): void {
    this.#sharing.takeControl();
  }

  release(): void {
    this.#sharing.releaseControl();
  }

  give(person: string): void {
    this.#sharing.giveControl(person);
  }

  refuse(person: string): void {
    this.#sharing.denyControl(person);
  }

  remove(person: string): void {
    this.#sharing.kick(person);
  }

  rename(name: string): void {
    this.#sharing.rename(name);
    this.#changed();
  }

  /** Idempotent. */
  close(): void {
    this.#stop();
    this.#listeners.clear();
  }

  #askLink({ isConnected, role, viewerId }: SharingState): void {
    if (!isConnected) {
      this.#link = undefined;
      return;
    }
    if (role !== "controller" || viewerId === this.#askedAs) return;
    this.#askedAs = viewerId;
    this.#sharing.shareLink().then(
      (link) => {
        if (this.#askedAs !== viewerId) return;
        this.#link = link;
        this.#changed();
      },
      () => undefined, // The panel then offers none.
    );
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

/** What the panel shows of `sharing`. Pure. */
export function shownOf(
  sharing: SharingState,
  own: { link: string | undefined; name: string },
): Shown {
  const { role, mode, holders, viewers, isConnected, isKept } = sharing;
  const isController = isConnected && role === "controller";
  const isFree = holders.length === 0 && !isKept;
  const lookersAct = viewers.some(
    (viewer) => viewer.role === "viewer" && holders.includes(viewer.id),
  );
  const isExclusive = mode === "exclusive";
  const mayTake = isExclusive ? !sharing.mayControl && !isFree : lookersAct;
  return {
    ...own,
    people: viewers.map((viewer) => personOf(viewer, sharing)),
    mayControl: isController || sharing.mayControl || sharing.mayAsk,
    isFree,
    mayAsk: sharing.mayAsk && !sharing.isAsking,
    takes: !isController || !mayTake ? undefined : mode,
    mayRelease: sharing.mayControl && (isExclusive || role === "viewer"),
    mayRemove: isController,
  };
}

function personOf(
  viewer: SharingState["viewers"][number],
  sharing: SharingState,
): Person {
  const { id, role } = viewer;
  const isSelf = id === sharing.viewerId;
  const hasControl = sharing.holders.includes(id);
  const mayRefuse = sharing.decides.includes(id);
  // Lookers ask first, where the session gives them control at all.
  const mayOffer = sharing.mayControl && role === "controller";
  return {
    ...{ id, isSelf, hasControl, mayRefuse },
    name: viewerName(viewer),
    asks: sharing.requests.includes(id),
    mayGive: !isSelf && !hasControl && (mayRefuse || mayOffer),
  };
}
