/** Saved views: addresses under names, one's own and shared, in the rail of every page; the present page becomes one. */

import { byId, el, icon, setText, toast } from "../page/element.js";
import { get, send } from "../page/rest.js";
import { keepRead } from "../live/live.js";
import { t } from "../page/language.js";
import { typing } from "../frame/frame.js";
import { inTurn } from "../page/in-turn.js";

/** @typedef {{id: number, name: string, path: string, shared: boolean}} View as in `GET /api/v1/views/` */

class Views {
  constructor() {
    /** by name @type {View[]} */ this.all = [];
    this.read = inTurn(() => this.#read());
  }

  async #read() {
    try {
      this.all = (await get("/api/v1/views/")).views;
    } catch {
      return; // read again with the next connection, and when the list is opened
    }
    this.#show();
  }

  #show() {
    const here = location.pathname + location.search;
    const row = (/** @type {View} */ view) => el("li", {},
      el("a", { class: "item", attrs: { href: view.path, ...(view.path === here ? { "aria-current": "page" } : {}) } }, el("span", { class: "clip", text: view.name })),
      el("button", { class: "button bare square", attrs: { "aria-label": t("Delete view {name}", { name: view.name }), title: t("Delete") }, on: { click: () => this.#delete(view) } }, icon("i-close")));
    byId("views-own").replaceChildren(...this.all.filter(({ shared }) => !shared).map(row));
    byId("views-shared").replaceChildren(...this.all.filter(({ shared }) => shared).map(row));
    byId("views-none").hidden = this.all.length > 0;
    byId("views-shared-title").hidden = !this.all.some(({ shared }) => shared);
  }

  /** It can be taken back. @param {View} view */
  async #delete(view) {
    try {
      await send("DELETE", `/api/v1/views/${view.id}/`);
    } catch (error) {
      toast(/** @type {Error} */ (error).message);
      return;
    }
    await this.read();
    toast(t("View {name} deleted.", { name: view.name }), {
      act: t("Undo"), run: async () => {
        await send("POST", "/api/v1/views/", { name: view.name, path: view.path, shared: view.shared });
        await this.read();
      },
    });
  }

  /** A dialog that keeps the page as it is now. */
  ask() {
    byId("views").removeAttribute("open");
    byId("view-name").value = document.title.replace(/^\(\d+\) /, "").replace(/ · Pulseboard$/, "");
    byId("view-path").textContent = location.pathname + location.search;
    byId("view-wrong").hidden = true;
    byId("view-dialog").showModal();
    byId("view-name").select();
  }

  async #save() {
    const body = { name: byId("view-name").value, path: location.pathname + location.search, shared: byId("view-shared").checked };
    try {
      const before = this.all.find(({ name, shared }) => name === body.name && shared === body.shared);
      // Under a name that is there already the view is the present page from now on.
      await (before ? send("PATCH", `/api/v1/views/${before.id}/`, { path: body.path }) : send("POST", "/api/v1/views/", body));
      byId("view-dialog").close();
      toast(t("Saved as {name}.", { name: body.name }));
      await this.read();
    } catch (error) {
      byId("view-wrong").hidden = false;
      setText(byId("view-wrong"), /** @type {Error} */ (error).message);
    }
  }

  wire() {
    byId("views").addEventListener("toggle", () => byId("views").open && this.read());
    byId("view-save").addEventListener("click", () => this.ask());
    byId("view-form").addEventListener("submit", (/** @type {Event} */ event) => {
      event.preventDefault();
      this.#save();
    });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "S" || typing(event)) return;
      event.preventDefault(); // it would be the name
      this.ask();
    });
    keepRead(["views"], () => this.read());
  }
}

export const views = new Views();

export function wireViews() {
  if (document.getElementById("views")) views.wire();
}
