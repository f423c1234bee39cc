import { FakePalette } from "./palette";
import { readQuery } from "./query";
import { FakeSearches, fakeGrammar } from "./search";

/** How a query is read, and the searches that are kept. */
export abstract class FakeSearched extends FakePalette {
  readonly searching = new FakeSearches();

  queryRead = (text: string) => this.answer("queryRead", () => readQuery(text));

  queryGrammar = () => this.answer("queryGrammar", () => fakeGrammar());

  searches = () => this.answer("searches", () => this.searching.searches);

  searchSave = (name: string, query: string) => this.answer("searchSave", () => this.searching.save(name, query));

  searchForget = (name: string) => this.answer("searchForget", () => this.searching.forget(name));

  searchUsed = (query: string) => this.answer("searchUsed", () => this.searching.used(query));
}
