// SPDX-License-Identifier: MIT
pragma solidity 0.8.34;

import { IERC20 } from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import { Clones } from "@openzeppelin/contracts/proxy/Clones.sol";
import { VelodromeV2Factory } from "./VelodromeV2Factory.sol";
import { VelodromeV2Pool } from "./VelodromeV2Pool.sol";

/// @title VelodromeV2Router
/// @notice Twin of the router of Velodrome V2 and Aerodrome, with routes of four fields.
/// @dev Reproduces: `poolFor` without a look-up, quotes that are 0 for an unknown pool, the swap between tokens with the
/// minimum checked on the quoted amount, the order of the checks, the errors, the empty revert data of a failed token
/// transfer.
/// Leaves out: the registry of factories (only the default factory is approved), liquidity, native ETH, tokens that take a
/// fee on transfer, zaps, the forwarder.
contract VelodromeV2Router {
    struct Route {
        address from;
        address to;
        bool stable;
        address factory;
    }

    address public immutable defaultFactory;

    error Expired();
    error InsufficientOutputAmount();
    error InvalidPath();
    error PoolFactoryDoesNotExist();
    error SameAddresses();
    error ZeroAddress();

    constructor(address factory) {
        defaultFactory = factory;
    }

    function swapExactTokensForTokens(
        uint256 amountIn,
        uint256 amountOutMin,
        Route[] calldata routes,
        address to,
        uint256 deadline
    ) external returns (uint256[] memory amounts) {
        if (deadline < block.timestamp) revert Expired();
        amounts = getAmountsOut(amountIn, routes);
        if (amounts[amounts.length - 1] < amountOutMin) revert InsufficientOutputAmount();
        _pull(routes[0].from, _poolOf(routes[0]), amounts[0]);
        for (uint256 i = 0; i < routes.length; i++) {
            (address token0, ) = sortTokens(routes[i].from, routes[i].to);
            uint256 amountOut = amounts[i + 1];
            (uint256 amount0Out, uint256 amount1Out) = routes[i].from == token0
                ? (uint256(0), amountOut)
                : (amountOut, uint256(0));
            address next = i < routes.length - 1 ? _poolOf(routes[i + 1]) : to;
            VelodromeV2Pool(_poolOf(routes[i])).swap(amount0Out, amount1Out, next, new bytes(0));
        }
    }

    /// @notice Quotes a chain of routes. An unknown pool quotes 0, and whether one route goes on from where the one before
    /// ended is not checked.
    function getAmountsOut(uint256 amountIn, Route[] memory routes) public view returns (uint256[] memory amounts) {
        if (routes.length < 1) revert InvalidPath();
        amounts = new uint256[](routes.length + 1);
        amounts[0] = amountIn;
        for (uint256 i = 0; i < routes.length; i++) {
            address pool = _poolOf(routes[i]);
            address factory = routes[i].factory == address(0) ? defaultFactory : routes[i].factory;
            if (!VelodromeV2Factory(factory).isPool(pool)) continue;
            amounts[i + 1] = VelodromeV2Pool(pool).getAmountOut(amounts[i], routes[i].from);
        }
    }

    /// @notice Derives the address of a pool, whether it exists or not.
    function poolFor(address tokenA, address tokenB, bool stable, address factory) public view returns (address) {
        if (factory == address(0)) factory = defaultFactory;
        if (factory != defaultFactory) revert PoolFactoryDoesNotExist();
        (address token0, address token1) = sortTokens(tokenA, tokenB);
        bytes32 salt = keccak256(abi.encodePacked(token0, token1, stable));
        return Clones.predictDeterministicAddress(VelodromeV2Factory(factory).implementation(), salt, factory);
    }

    function sortTokens(address tokenA, address tokenB) public pure returns (address token0, address token1) {
        if (tokenA == tokenB) revert SameAddresses();
        (token0, token1) = tokenA < tokenB ? (tokenA, tokenB) : (tokenB, tokenA);
        if (token0 == address(0)) revert ZeroAddress();
    }

    function _poolOf(Route memory route) private view returns (address) {
        return poolFor(route.from, route.to, route.stable, route.factory);
    }

    /// @dev Every failure has empty revert data, whatever the token says.
    function _pull(address token, address to, uint256 amount) private {
        require(token.code.length > 0);
        (bool success, bytes memory answer) = token.call(abi.encodeCall(IERC20.transferFrom, (msg.sender, to, amount)));
        require(success && (answer.length == 0 || abi.decode(answer, (bool))));
    }
}
