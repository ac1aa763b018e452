"""Small pieces that pages and views are made of."""
