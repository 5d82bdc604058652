// What the phone remembers: IndexedDB for events and stored pictures, localStorage for settings and for the
// instant between a swipe and the database's commit. Both work on plain http.

const JOURNAL = "swipegan-event:";

/** A person's memory on this phone. Without IndexedDB (private windows) it lasts as long as the page. */
export class Store {
  constructor(person) {
    this.person = person;
    this.memory = { events: new Map(), pictures: new Map() };
  }

  async open() {
    this.db = await new Promise((resolve) => {
      try {
        const request = indexedDB.open(`swipegan:${this.person}`, 1);
        request.onupgradeneeded = () => {
          request.result.createObjectStore("events", { keyPath: "uuid" });
          request.result.createObjectStore("pictures", { keyPath: "id" });
        };
        request.onsuccess = () => resolve(request.result);
        request.onerror = request.onblocked = () => resolve(null);
      } catch {
        resolve(null);
      }
    });
    if (this.db) this.db.onversionchange = () => this.db.close();
    return this;
  }

  /** Do something with an object store; resolves after the commit. */
  #run(name, mode, action) {
    return new Promise((resolve, reject) => {
      const change = this.db.transaction(name, mode);
      const request = action(change.objectStore(name));
      change.oncomplete = () => resolve(request?.result);
      change.onerror = change.onabort = () => reject(change.error);
      if (mode === "readwrite") change.commit?.();
    });
  }

  async all(name) {
    return this.db ? this.#run(name, "readonly", (box) => box.getAll()) : [...this.memory[name].values()];
  }

  async put(name, values) {
    if (!this.db) return values.forEach((value) => this.memory[name].set(value.uuid ?? value.id, value));
    return this.#run(name, "readwrite", (box) => values.forEach((value) => box.put(value)));
  }

  async remove(name, keys) {
    if (!this.db) return keys.forEach((key) => this.memory[name].delete(key));
    return this.#run(name, "readwrite", (box) => keys.forEach((key) => box.delete(key)));
  }

  async clear(name) {
    this.memory[name].clear();
    if (this.db) return this.#run(name, "readwrite", (box) => box.clear());
  }

  /** Note events where writing cannot be interrupted; `keep` is to follow. */
  note(events) {
    for (const event of events) {
      try {
        localStorage.setItem(JOURNAL + event.uuid, JSON.stringify({ person: this.person, event }));
      } catch {
        // full or forbidden: the database alone must do
      }
    }
  }

  /** Write noted events to the database. */
  async keep(events) {
    await this.put("events", events).then(
      () => events.forEach((event) => localStorage.removeItem(JOURNAL + event.uuid)),
      () => {},
    );
  }

  /** All events of this person that the phone knows, oldest first. */
  async events() {
    const known = new Map((await this.all("events")).map((event) => [event.uuid, event]));
    for (const key of Object.keys(localStorage).filter((name) => name.startsWith(JOURNAL))) {
      const { person, event } = JSON.parse(localStorage.getItem(key));
      if (person !== this.person) continue;
      if (!known.has(event.uuid)) {
        known.set(event.uuid, event);
        await this.put("events", [event]);
      }
      localStorage.removeItem(key);
    }
    return [...known.values()].sort((one, other) => one.number - other.number);
  }
}

const DEFAULTS = {
  mode: "swipe",
  tap: "nothing",
  hand: "right",
  size: "auto",
  reasons: true,
  buzz: true,
  keys: {},
};

/** Settings of this phone, kept between visits. */
export const settings = {
  ...DEFAULTS,
  ...JSON.parse(localStorage.getItem("swipegan-settings") ?? "{}"),
  set(name, value) {
    settings[name] = value;
    const kept = Object.fromEntries(Object.keys(DEFAULTS).map((key) => [key, settings[key]]));
    localStorage.setItem("swipegan-settings", JSON.stringify(kept));
    document.dispatchEvent(new CustomEvent("settings"));
  },
};
