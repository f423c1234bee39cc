import { mount } from "svelte";
import "./styles/fonts.css";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/grid.css";
import "./styles/overlays.css";
import "./styles/system.css";
import Root from "./Root.svelte";

const target = document.getElementById("app");
if (target) mount(Root, { target });
