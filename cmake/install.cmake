# install rules, filled with the library target
