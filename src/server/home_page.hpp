// The page that a browser gets: what this is, and what to type into each client. It is constant:
// nothing of a request gets into it, and its own script reads the address from the browser.
#pragma once

#include "server/exchange.hpp"

namespace ankiwire::server {

Reply home_page();

}  // namespace ankiwire::server
