/** The default theme with the fonts of the reader's machine: a page asks no other host for anything. */
import theme from "vitepress/theme-without-fonts";
import "./style.css";

export default theme;
