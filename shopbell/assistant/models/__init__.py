"""Language models behind one thin typed port."""
